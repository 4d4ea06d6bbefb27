"""Partners: applications and their review, structures, their places and bank accounts, the public list."""
