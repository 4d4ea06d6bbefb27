"""How the platform is started, watched, demonstrated and installed."""
