"""The apply stage: decisions enter, the cleaned dataset leaves; confirmed originals are sealed before that."""
