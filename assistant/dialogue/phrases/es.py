"""Every sentence the bot says by itself, in Spanish."""

TITLE = "Atención al cliente"
TAGLINE = "Pregunte con sus propias palabras"
GREETING = "¡Hola! ¿En qué puedo ayudarle?"
CLARIFY = "No estoy seguro de haberle entendido. ¿Se refiere a uno de estos temas?"
NOT_UNDERSTOOD = "Puede que no tenga respuesta a eso. ¿Se trata de uno de estos temas?"
NONE_OF_THESE = "Ninguno de estos"
WHICH = "¿A cuál de estos se refiere?"
REPHRASE = "Lo siento. ¿Puede decirlo de otra manera?"
HAND_OVER = "Le paso con una persona de nuestro equipo, que le responderá aquí."
HANDED_BACK = "Nuestro equipo le ha devuelto la conversación a este asistente. ¿Puedo ayudarle en algo más?"
NOT_HELPFUL = "Siento que no le haya servido. ¿Puede hacer su pregunta de otra manera?"
BUSY = "Ahora mismo no puedo responder. Su texto sigue abajo en el cuadro; envíelo de nuevo en un momento."
TOO_LONG = "Este texto tiene {length} caracteres. El máximo es {limit}."
TOO_MANY = "Esta conversación se ha hecho muy larga. Empiece de nuevo; su texto sigue abajo en el cuadro."
EMPTY = "Este texto está vacío. Escriba unas palabras, por favor."
WAITING = "Una persona de nuestro equipo le responderá aquí. Puede seguir escribiendo."

YES = frozenset(
    {"sí", "si", "sí por favor", "si por favor", "sí gracias", "si gracias", "s", "claro", "claro que sí", "vale", "ok"}
    | {"okay", "correcto", "exacto", "exactamente", "eso", "eso es", "ese", "esa", "este", "esta", "yes"}
)
NONE = frozenset(
    {"no", "no gracias", "n", "ninguno", "ninguna", "ninguno de estos", "ninguno de los dos", "ninguno de los tres"}
    | {"nada", "nada de eso", "ni uno ni otro", "no exactamente", "otro", "otra", "otra cosa", "no otra cosa"}
    | {"algo distinto", "incorrecto"}
)
PLACES: tuple[frozenset[str], ...] = (
    frozenset({"1", "uno", "primero", "primera", "el primero", "la primera", "número 1", "numero 1", "opción 1"}),
    frozenset({"2", "dos", "segundo", "segunda", "el segundo", "la segunda", "número 2", "numero 2", "opción 2"}),
    frozenset({"3", "tres", "tercero", "tercera", "el tercero", "la tercera", "número 3", "numero 3", "opción 3"}),
)
