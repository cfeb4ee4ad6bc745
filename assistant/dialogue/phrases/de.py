"""Every sentence the bot says by itself, in German."""

TITLE = "Kundenservice"
TAGLINE = "Fragen Sie in Ihren eigenen Worten"
GREETING = "Guten Tag! Wobei kann ich Ihnen helfen?"
CLARIFY = "Ich bin nicht sicher, ob ich Sie verstanden habe. Meinten Sie etwas davon?"
NOT_UNDERSTOOD = "Darauf habe ich vielleicht keine Antwort. Geht es um etwas davon?"
NONE_OF_THESE = "Nichts davon"
WHICH = "Was davon meinen Sie?"
REPHRASE = "Das tut mir leid. Können Sie es anders sagen?"
HAND_OVER = "Ich gebe Sie an jemanden aus unserem Team weiter. Die Antwort kommt hier."
HANDED_BACK = "Unser Team hat Sie an mich, den Assistenten, zurückgegeben. Kann ich Ihnen noch bei etwas helfen?"
NOT_HELPFUL = "Schade, dass das nicht geholfen hat. Können Sie Ihre Frage anders stellen?"
BUSY = "Ich kann gerade nicht antworten. Ihr Text steht noch unten im Feld; bitte senden Sie ihn gleich noch einmal."
TOO_LONG = "Dieser Text hat {length} Zeichen. Bitte höchstens {limit}."
TOO_MANY = "Dieses Gespräch ist sehr lang geworden. Bitte beginnen Sie von vorn; Ihr Text steht noch unten im Feld."
EMPTY = "Dieser Text ist leer. Bitte schreiben Sie ein paar Worte."
WAITING = "Jemand aus unserem Team antwortet Ihnen hier. Sie können weiterschreiben."

YES = frozenset(
    {"ja", "ja bitte", "ja danke", "ja genau", "jo", "jep", "j", "klar", "ok", "okay", "gern", "gerne", "genau"}
    | {"richtig", "stimmt", "korrekt", "natürlich", "das", "dieses", "das da", "das ist es", "yes"}
)
NONE = frozenset(
    {"nein", "nein danke", "nee", "nö", "n", "keins", "keines", "keine", "keins davon", "keines davon", "keine davon"}
    | {"nichts", "nichts davon", "nein nichts davon", "weder noch", "nicht wirklich", "was anderes", "etwas anderes"}
    | {"nein etwas anderes", "anderes", "falsch", "no"}
)
PLACES: tuple[frozenset[str], ...] = (
    frozenset({"1", "erste", "erster", "erstes", "das erste", "die erste", "der erste", "nummer 1", "eins"}),
    frozenset({"2", "zweite", "zweiter", "zweites", "das zweite", "die zweite", "der zweite", "nummer 2", "zwei"}),
    frozenset({"3", "dritte", "dritter", "drittes", "das dritte", "die dritte", "der dritte", "nummer 3", "drei"}),
)
