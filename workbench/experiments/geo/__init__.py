"""Tests that change a channel's spend in some markets."""
