//! Whether a text is plausibly English: only then its sentiment is known.
//!
//! Mentions and categories are looked for in any language: `search.rs`.

/// One word in so many must be English.
const ENGLISH_ONE_IN: usize = 6;
/// One letter in so many may be none of the 26, or as many as stand in a foreign name or two.
const OTHER_LETTER_ONE_IN: usize = 10;

/// Words that are common in English and not in its neighbours, in order of their bytes.
#[rustfmt::skip]
const ENGLISH: [&str; 286] = [
    "about", "after", "again", "all", "always", "and", "another", "any", "anybody", "anyone",
    "anything", "are", "aren't", "at", "awesome", "awful", "back", "bad", "be", "became", "because",
    "been", "before", "being", "believe", "best", "better", "between", "both", "broken", "but",
    "by", "came", "can", "can't", "cannot", "come", "confusing", "could", "couldn't", "crash",
    "crashes", "crashing", "cut", "day", "days", "did", "didn't", "disappointed", "does", "doesn't",
    "don't", "done", "down", "each", "easier", "easy", "either", "else", "enough", "even", "ever",
    "every", "everybody", "everyone", "everything", "excellent", "expensive", "fail", "failed",
    "fails", "few", "find", "first", "for", "found", "from", "frustrated", "frustrating", "get",
    "gets", "getting", "give", "gives", "going", "good", "got", "great", "happened", "happens",
    "happy", "hard", "has", "hasn't", "have", "haven't", "having", "help", "helpful", "here",
    "hour", "hours", "how", "i'd", "i'll", "i'm", "i've", "if", "impressive", "instead", "into",
    "is", "isn't", "issue", "issues", "it", "it's", "its", "just", "keep", "know", "last", "less",
    "let", "like", "little", "long", "look", "looking", "looks", "lost", "love", "lovely", "made",
    "make", "makes", "many", "may", "maybe", "might", "minutes", "missing", "month", "months",
    "more", "most", "much", "must", "my", "need", "needs", "never", "new", "news", "next", "nice",
    "nobody", "none", "not", "nothing", "now", "of", "off", "often", "once", "only", "other", "our",
    "out", "own", "people", "perfect", "please", "poor", "price", "quite", "rather", "really",
    "recommended", "reliable", "said", "same", "say", "says", "see", "seems", "several", "she",
    "should", "shouldn't", "since", "slow", "slower", "smooth", "some", "somebody", "someone",
    "something", "soon", "still", "stopped", "such", "switch", "take", "takes", "terrible", "than",
    "thank", "thanks", "that", "that's", "the", "their", "them", "then", "there", "there's",
    "these", "they", "they're", "thing", "things", "think", "this", "those", "though", "through",
    "time", "times", "to", "today", "too", "took", "tool", "tried", "try", "trying", "unable",
    "until", "up", "us", "use", "used", "useful", "useless", "using", "very", "wants", "wasn't",
    "we", "we'd", "we'll", "we're", "we've", "week", "weeks", "well", "were", "weren't", "what",
    "when", "where", "which", "while", "who", "why", "with", "without", "won't", "work", "worked",
    "working", "works", "worse", "worst", "would", "wouldn't", "wrong", "year", "years", "yes",
    "yesterday", "yet", "you", "you're", "your",
];

/// Common words of German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Danish, Polish
/// and Turkish that are none in English, in order of their bytes.
#[rustfmt::skip]
const FOREIGN: [&str; 336] = [
    "aan", "aber", "af", "al", "algo", "als", "anche", "ao", "att", "au", "auch", "auf", "aus",
    "aux", "av", "avec", "avons", "bardzo", "beaucoup", "bei", "beim", "bien", "bij", "bir",
    "bitte", "bonjour", "bu", "c'est", "ce", "ces", "cette", "che", "ci", "com", "comme", "como",
    "con", "cosa", "cuando", "czy", "cómo", "da", "dal", "dans", "das", "dass", "dat", "de", "dei",
    "del", "della", "delle", "dem", "den", "depuis", "der", "des", "det", "detta", "deze", "değil",
    "di", "dies", "diese", "dit", "dla", "doch", "donde", "dos", "du", "durch", "där", "e", "een",
    "ein", "eine", "einem", "einen", "einer", "el", "ela", "ele", "ella", "elle", "em", "en", "er",
    "es", "essa", "est", "esta", "estamos", "este", "esto", "está", "están", "et", "ett", "etwas",
    "eu", "fait", "foi", "från", "funciona", "für", "geen", "gibt", "gli", "goed", "gracias",
    "grazie", "gut", "haben", "har", "hat", "hay", "heb", "heeft", "hemos", "het", "hier", "hij",
    "ho", "hoe", "ich", "ihr", "ik", "ikke", "ikkje", "il", "ile", "ils", "im", "immer", "inte",
    "isso", "ist", "için", "ja", "jag", "jak", "je", "jeg", "jest", "jetzt", "kann", "kein",
    "keine", "keinen", "kunnen", "können", "l'ensemble", "la", "las", "le", "leider", "les", "leur",
    "lo", "los", "ma", "maar", "mais", "mas", "med", "mehr", "mein", "men", "merci", "met", "mi",
    "mijn", "mit", "moet", "molto", "mon", "muito", "muy", "mycket", "más", "müssen", "na", "naar",
    "nach", "nada", "nas", "ne", "nel", "nicht", "nie", "niet", "noch", "nog", "non", "nos",
    "notre", "nous", "nuestra", "nuestro", "nur", "não", "när", "nós", "o", "obrigado", "och", "od",
    "oder", "og", "ohne", "om", "ont", "onze", "ook", "op", "os", "ou", "où", "par", "para", "pas",
    "pela", "pelo", "perché", "pero", "peu", "più", "po", "poco", "por", "porque", "pour",
    "pourquoi", "produit", "puede", "på", "quand", "quando", "que", "questo", "qui", "qué", "sans",
    "schon", "se", "sehr", "seit", "sem", "ser", "ses", "seu", "si", "sich", "sie", "sin", "sind",
    "się", "sobre", "som", "son", "sono", "sont", "sowie", "stato", "su", "sua", "sur", "sus",
    "são", "są", "también", "tem", "temos", "tenemos", "tiene", "till", "todo", "todos", "tous",
    "tout", "trop", "troppo", "très", "uit", "um", "uma", "un", "und", "une", "uno", "uns", "unser",
    "unsere", "unseren", "unter", "usted", "van", "ve", "veel", "vi", "viel", "viele", "você",
    "vom", "von", "voor", "vor", "vos", "votre", "vous", "warum", "wel", "wenn", "werden", "werkt",
    "wie", "wieder", "wij", "wir", "wird", "worden", "wurde", "y", "ya", "za", "zijn", "zu", "zum",
    "zur", "är", "çok", "è", "été", "être", "über", "że",
];

/// Whether a text in its normal form is plausibly English: its letters are Latin, more of its
/// words are English than are not, and enough of all are.
pub fn is_english(normal: &str) -> bool {
    let letters = normal.chars().filter(|sign| sign.is_alphabetic()).count();
    let other = normal.chars().filter(|sign| sign.is_alphabetic() && !sign.is_ascii()).count();
    if other * OTHER_LETTER_ONE_IN > letters {
        return false;
    }
    let (mut words, mut english, mut foreign) = (0_usize, 0_usize, 0_usize);
    for word in normal.split(|sign: char| !sign.is_alphanumeric() && sign != '\'') {
        let word = word.trim_matches('\'');
        if word.is_empty() || word.bytes().any(|byte| byte.is_ascii_digit()) {
            continue;
        }
        words += 1;
        english += usize::from(ENGLISH.binary_search(&word).is_ok());
        foreign += usize::from(FOREIGN.binary_search(&word).is_ok());
    }
    english > foreign && english * ENGLISH_ONE_IN >= words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::text::normal::normal_form;

    #[test]
    fn the_lists_are_in_order_and_apart() {
        for list in [&ENGLISH[..], &FOREIGN[..]] {
            assert!(list.is_sorted_by(|a, b| a < b));
            assert!(list.iter().all(|word| normal_form(word) == **word));
        }
        assert!(!ENGLISH.iter().any(|word| FOREIGN.contains(word)));
    }

    #[test]
    fn english_is_told_from_its_neighbours() {
        for text in [
            "Still waiting for an answer. We are losing patience.",
            "Great product",
            "Love it!",
            "TOO SLOW",
            "The Müller dashboard doesn’t load since Tuesday, see ticket 4711.",
            "Errors in Dashboards after the release: 3 of 5 exports fail with E1042.",
        ] {
            assert!(is_english(&normal_form(text)), "{text}");
        }
        for text in [
            "",
            "4711 0815",
            "Dashboards",
            "Das Dashboard ist seit dem letzten Update sehr langsam, das ist ärgerlich.",
            "Die Performance war gut, also kein Problem im Support. Fast alles ist in Ordnung.",
            "Zu kompliziert und zu langsam.",
            "Le tableau de bord ne fonctionne plus, nous perdons beaucoup de temps.",
            "Excellent produit, merci.",
            "El informe falla varias veces al día, es muy frustrante.",
            "Lento y complicado.",
            "No me gusta, es un error de la aplicación.",
            "Il prodotto non funziona e non so come fare.",
            "O painel do produto não funciona, as telas no celular são lentas.",
            "Het product is goed, maar de export werkt niet en we wachten.",
            "Produkten är bra men exporten fungerar inte för oss.",
            "To jest bardzo wolne i nie działa.",
            "ダッシュボードが遅いです。Vantora に乗り換えます。",
            "Панель очень медленная",
            "Hello, leider funktioniert der Export nicht mehr, please help",
        ] {
            assert!(!is_english(&normal_form(text)), "{text}");
        }
    }
}
