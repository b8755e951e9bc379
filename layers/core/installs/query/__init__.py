"""The list: language (text to tree), planning (tree to plan), execution (plan to page)."""
