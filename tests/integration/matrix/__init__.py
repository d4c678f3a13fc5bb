"""Every address of the portal, asked for by everybody."""
