"""The services of Anyuan, one package each; they speak to each other only through events."""
