"""Images that a learner asks about: the digits, the body that comes with them, and how a line moves one."""
