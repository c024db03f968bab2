"""French: a narrow space that never breaks between groups of digits, as French typography asks for."""

THOUSAND_SEPARATOR = "\u202f"
SHORT_DATE_FORMAT = "j N Y"
SHORT_DATETIME_FORMAT = "j N Y, H:i"
