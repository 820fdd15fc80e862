"""`anyuan events`: what the services tell each other, as an operator looks at it and puts it right."""
