"""Tests over HTTP on the local stack."""
