"""Stories told through HTTP only, one a file, on both ways to run the system."""
