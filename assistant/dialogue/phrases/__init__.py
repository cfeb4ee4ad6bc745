"""Every sentence the bot says by itself, a file for each language; `assistant.dialogue.languages` lists them.

Answers are not here: operators write them, per intent. Title, tagline and greeting are for a shop that has set none of
its own. Last come the words with which people answer a question instead of pressing one of its choices, without case
and punctuation.
"""
