"""E-mails to whoever asked for them when something they follow is published."""
