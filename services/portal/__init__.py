"""The web site of Anyuan: pages for volunteers, organisations, officials and administrators.

It owns nothing and decides nothing. It talks HTTP to the services like any client, with the tokens of whoever is signed
in, and shows what they answer: which buttons a case has is what the server says may be done now.
"""
