"""What the flows of a published application ask for: archived objects, restored.

A step each, in the application's own words; CloudFlow waits, and knows what comes next. Nothing
here waits for a restore, or copies what was restored."""
