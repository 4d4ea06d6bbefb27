"""The use cases, by what people do: preparing, reading, signing, counter-signing, deciding, looking at evidence."""
