"""Tests of rooms against real servers."""
