"""What every service stands on: contracts, messaging, approval, identity, storage and HTTP."""
