"""Viewing: sealed content becomes something that a person can bear to look at, for as long as they hold it open."""
