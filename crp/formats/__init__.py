"""How numbers and dates are written where CRP differs from Django's own formats."""
