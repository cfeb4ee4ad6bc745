"""Every sentence the bot says by itself, in French."""

TITLE = "Service client"
TAGLINE = "Posez votre question avec vos mots"
GREETING = "Bonjour ! Comment puis-je vous aider ?"
CLARIFY = "Je ne suis pas sûr d’avoir compris. Parlez-vous de l’un de ces sujets ?"
NOT_UNDERSTOOD = "Je n’ai peut-être pas de réponse à cela. S’agit-il de l’un de ces sujets ?"
NONE_OF_THESE = "Aucun de ces sujets"
WHICH = "Duquel de ces sujets parlez-vous ?"
REPHRASE = "Désolé. Pouvez-vous le dire autrement ?"
HAND_OVER = "Je vous passe un membre de notre équipe, qui vous répondra ici."
HANDED_BACK = "Notre équipe m’a rendu la main, à moi, l’assistant. Puis-je encore vous aider ?"
NOT_HELPFUL = "Désolé que cela ne vous ait pas aidé. Pouvez-vous poser votre question autrement ?"
BUSY = "Je ne peux pas répondre pour le moment. Votre texte est resté ci-dessous ; renvoyez-le dans un instant."
TOO_LONG = "Ce texte compte {length} caractères. Il en faut {limit} au plus."
TOO_MANY = "Cette conversation est devenue très longue. Recommencez ; votre texte est resté dans le champ ci-dessous."
EMPTY = "Ce texte est vide. Écrivez quelques mots, s’il vous plaît."
WAITING = "Un membre de notre équipe vous répondra ici. Vous pouvez continuer à écrire."

YES = frozenset(
    {"oui", "oui merci", "oui svp", "oui sil vous plaît", "ouais", "o", "ok", "okay", "daccord"}
    | {"dac", "exact", "exactement", "tout à fait", "bien sûr", "cest ça", "voilà", "celui ci", "celle ci", "ça", "yes"}
)
NONE = frozenset(
    {"non", "non merci", "n", "nan", "aucun", "aucune", "aucun de ces sujets", "aucun des deux", "rien"}
    | {"rien de tout ça", "rien de tout cela", "ni lun ni lautre", "pas vraiment", "autre", "autre chose", "faux", "no"}
    | {"non autre chose", "non aucun"}
)
PLACES: tuple[frozenset[str], ...] = (
    frozenset({"1", "un", "premier", "première", "le premier", "la première", "numéro 1", "1er"}),
    frozenset({"2", "deux", "deuxième", "le deuxième", "la deuxième", "le second", "la seconde", "numéro 2"}),
    frozenset({"3", "trois", "troisième", "le troisième", "la troisième", "numéro 3", "3e"}),
)
