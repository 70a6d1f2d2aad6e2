"""Reading a test once, at planned looks, or at any time, without more false claims than its level allows."""
