"""What lab and explorers share in the browser."""
