"""Every sentence the bot says by itself, in English."""

TITLE = "Support"
TAGLINE = "Ask in your own words"
GREETING = "Hello! What can I help you with?"
CLARIFY = "I am not sure I understood. Did you mean one of these?"
NOT_UNDERSTOOD = "I may not have an answer to that. Is it about one of these?"
NONE_OF_THESE = "None of these"
WHICH = "Which of these do you mean?"
REPHRASE = "Sorry about that. Could you put it in other words?"
HAND_OVER = "I am passing you on to a colleague, who will answer you here."
HANDED_BACK = "My colleague has passed you back to me, the assistant. Is there anything else I can help with?"
NOT_HELPFUL = "Sorry that this did not help. Could you put your question in other words?"
BUSY = "I cannot answer right now. Your text is still in the box below; please send it again in a moment."
TOO_LONG = "This text is {length:,} characters long. Please keep it to {limit:,}."
TOO_MANY = "This conversation has become very long. Please start over; your text is still in the box below."
EMPTY = "This text is empty. Please write a few words."
WAITING = "A colleague will answer you here. You can keep writing."

YES = frozenset(
    {
        "yes",
        "yes please",
        "yes thanks",
        "yeah",
        "yea",
        "yep",
        "yup",
        "ya",
        "y",
        "sure",
        "ok",
        "okay",
        "correct",
        "right",
        "exactly",
        "indeed",
        "of course",
        "thats it",
        "thats right",
        "that one",
        "that",
        "this one",
        "yes that one",
    }
)
NONE = frozenset(
    {
        "no",
        "no thanks",
        "no thank you",
        "nope",
        "nah",
        "n",
        "none",
        "none of these",
        "none of them",
        "none of those",
        "no none of these",
        "neither",
        "neither of them",
        "neither of these",
        "not really",
        "something else",
        "no something else",
        "other",
        "wrong",
    }
)
PLACES: tuple[frozenset[str], ...] = (
    frozenset({"1", "first", "the first", "first one", "the first one", "number 1", "option 1", "1st"}),
    frozenset({"2", "second", "the second", "second one", "the second one", "number 2", "option 2", "2nd"}),
    frozenset({"3", "third", "the third", "third one", "the third one", "number 3", "option 3", "3rd"}),
)
