"""Integration Installs: the domain and its access to AWS, one package for every function."""
