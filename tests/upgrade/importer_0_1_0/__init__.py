"""The importer of version 0.1.0: it writes rows around the domain, as old tables have them."""
