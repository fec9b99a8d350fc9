"""Canonical names of posts, accounts and groups, from URLs and platform ids alone.

Nothing is ever fetched. What is not certainly understood becomes an opaque name, never a guess:
a post that were read as an account could get an account disabled.
"""
