"""The commands of `onefold`, one file a subject."""
