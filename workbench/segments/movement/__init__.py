"""What has changed since the last run: who moved between segments, what that did to the value, and what has drifted."""
