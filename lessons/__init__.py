"""The course's lessons as text, and what makes notebooks of them."""
