"""Spanish: a narrow space that never breaks between groups of digits, as the Spanish academies ask for."""

THOUSAND_SEPARATOR = "\u202f"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
