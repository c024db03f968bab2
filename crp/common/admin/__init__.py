"""What the admin of every app is built from. It knows no app."""
