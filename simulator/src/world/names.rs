//! Names of people from many countries, and of queues, teams and departments.

/// Given and family names that go together, country by country.
const PEOPLE: &[(&[&str], &[&str])] = &[
    (
        &["Amelia", "Oliver", "Isla", "George", "Freya", "Harry", "Poppy", "Alfie"],
        &["Smith", "Taylor", "Clarke", "Hughes", "Whitfield", "Bennett", "Ashworth"],
    ),
    (
        &["Aoife", "Cillian", "Niamh", "Oisín", "Saoirse", "Pádraig", "Róisín"],
        &["Murphy", "Ó Briain", "Kelly", "Byrne", "Gallagher", "Doyle", "Nolan"],
    ),
    (
        &["Emma", "Jürgen", "Hannah", "Lukas", "Anneliese", "Björn", "Käthe", "Moritz"],
        &["Müller", "Schäfer", "Weiß", "Hoffmann", "Krüger", "Vogel", "Lindner"],
    ),
    (
        &["Camille", "Théo", "Chloé", "Hugo", "Maëlle", "François", "Inès", "Rémi"],
        &["Dubois", "Lefèvre", "Moreau", "Garnier", "Chevalier", "Besson", "Rousseau"],
    ),
    (
        &["Lucía", "Javier", "Carmen", "Íñigo", "Nuria", "Álvaro", "Begoña"],
        &["García", "Fernández", "Muñoz", "Ibáñez", "Castro", "Peña", "Serrano"],
    ),
    (
        &["Giulia", "Matteo", "Chiara", "Lorenzo", "Beatrice", "Niccolò", "Ilaria"],
        &["Rossi", "Bianchi", "Esposito", "Conti", "De Luca", "Moretti", "Galli"],
    ),
    (
        &["Inês", "João", "Beatriz", "Tiago", "Mariana", "Gonçalo", "Leonor"],
        &["Silva", "Ferreira", "Carvalho", "Lourenço", "Araújo", "Teixeira", "Simões"],
    ),
    (
        &["Sanne", "Daan", "Fenna", "Thijs", "Lotte", "Bram", "Maartje"],
        &["de Vries", "Jansen", "van den Berg", "Bakker", "Visser", "Mulder", "Hoekstra"],
    ),
    (
        &["Astrid", "Åke", "Linnea", "Björk", "Sigrid", "Håkon", "Ingeborg", "Søren"],
        &["Andersson", "Lindström", "Østergaard", "Nygård", "Hansen", "Björklund", "Dahl"],
    ),
    (
        &["Aino", "Väinö", "Eerika", "Onni", "Tuulikki", "Jukka", "Päivi"],
        &["Virtanen", "Mäkinen", "Korhonen", "Hämäläinen", "Niemi", "Laine", "Salonen"],
    ),
    (
        &["Zofia", "Łukasz", "Agnieszka", "Paweł", "Małgorzata", "Krzysztof", "Bożena"],
        &["Nowak", "Wiśniewska", "Dąbrowski", "Zając", "Kamińska", "Wójcik", "Piątek"],
    ),
    (
        &["Tereza", "Ondřej", "Markéta", "Jiří", "Zuzana", "Štěpán", "Ľubica"],
        &["Novák", "Dvořák", "Procházka", "Černý", "Horváth", "Kučera", "Růžička"],
    ),
    (
        &["Eszter", "Gergő", "Réka", "Bálint", "Zsófia", "László", "Tünde"],
        &["Nagy", "Szabó", "Tóth", "Kovács", "Varga", "Fekete", "Győri"],
    ),
    (
        &["Ioana", "Andrei", "Ștefania", "Mihai", "Ruxandra", "Răzvan", "Ilinca"],
        &["Popescu", "Ionescu", "Țurcanu", "Munteanu", "Rădulescu", "Stan", "Dumitrescu"],
    ),
    (
        &["Eleni", "Dimitris", "Katerina", "Nikos", "Sofia", "Yannis", "Despina"],
        &["Papadopoulos", "Georgiou", "Nikolaidis", "Vlachos", "Economou", "Kazan", "Lambros"],
    ),
    (
        &["Oksana", "Taras", "Nadiya", "Bohdan", "Larysa", "Vasyl", "Solomiya"],
        &["Shevchenko", "Bondarenko", "Kovalenko", "Melnyk", "Tkachuk", "Hrytsenko", "Lysenko"],
    ),
    (
        &["Elif", "Çağlar", "Zeynep", "Emre", "Gülşen", "Oğuz", "Şebnem"],
        &["Yılmaz", "Kaya", "Demir", "Çelik", "Öztürk", "Aydın", "Şahin"],
    ),
    (
        &["Layla", "Omar", "Noor", "Khalid", "Salma", "Yusuf", "Amira", "Tariq"],
        &["Haddad", "Al-Masri", "Khoury", "Nasser", "El-Sayed", "Mansour", "Bakri"],
    ),
    (
        &["Noa", "Eitan", "Tamar", "Yonatan", "Shira", "Amit", "Michal"],
        &["Cohen", "Levi", "Mizrahi", "Peretz", "Biton", "Friedman", "Azoulay"],
    ),
    (
        &["Shirin", "Dariush", "Parisa", "Kaveh", "Nasrin", "Arash", "Mahsa"],
        &["Hosseini", "Karimi", "Rahimi", "Jafari", "Sadeghi", "Moradi", "Tehrani"],
    ),
    (
        &["Ananya", "Arjun", "Priya", "Rohan", "Lakshmi", "Vikram", "Meera", "Sanjay"],
        &["Sharma", "Iyer", "Patel", "Reddy", "Banerjee", "Kulkarni", "Nair", "Chowdhury"],
    ),
    (
        &["Ayesha", "Bilal", "Fatima", "Hamza", "Sadia", "Imran", "Zainab"],
        &["Khan", "Malik", "Qureshi", "Siddiqui", "Rahman", "Chaudhry", "Mirza"],
    ),
    (
        &["Mei Ling", "Wei", "Xiao Hui", "Jun", "Li Na", "Hao", "Yan"],
        &["Wang", "Zhang", "Chen", "Lü", "Huang", "Zhao", "Lin"],
    ),
    (
        &["Sakura", "Haruto", "Yui", "Kenji", "Aoi", "Takumi", "Naoko"],
        &["Satō", "Suzuki", "Takahashi", "Itō", "Kobayashi", "Yamada", "Mori"],
    ),
    (
        &["Ji-woo", "Min-jun", "Seo-yeon", "Hyun-woo", "Eun-ji", "Dong-hyun", "Soo-ah"],
        &["Kim", "Lee", "Park", "Choi", "Jung", "Kang", "Yoon"],
    ),
    (
        &["Linh", "Đức", "Hương", "Minh", "Thảo", "Quân", "Ngọc"],
        &["Nguyễn", "Trần", "Phạm", "Đặng", "Vũ", "Bùi", "Hồ"],
    ),
    (
        &["Maria Luz", "Jose", "Angelica", "Ramon", "Divina", "Crisanto", "Althea"],
        &["Santos", "Reyes", "Dela Cruz", "Bautista", "Villanueva", "Aquino", "Mercado"],
    ),
    (
        &["Putri", "Budi", "Dewi", "Agus", "Sri", "Rizky", "Ayu"],
        &["Wijaya", "Santoso", "Siregar", "Hidayat", "Kusuma", "Nasution", "Pratama"],
    ),
    (
        &["Chiamaka", "Emeka", "Folasade", "Tunde", "Ngozi", "Babatunde", "Adaeze"],
        &["Okafor", "Adeyemi", "Okonkwo", "Balogun", "Eze", "Afolabi", "Nwosu"],
    ),
    (
        &["Wanjiru", "Kamau", "Achieng", "Otieno", "Nyambura", "Kiprop", "Amani"],
        &["Mwangi", "Odhiambo", "Kariuki", "Wekesa", "Njoroge", "Kipchoge", "Mutua"],
    ),
    (
        &["Thandiwe", "Sipho", "Nomsa", "Pieter", "Lerato", "Johan", "Zanele"],
        &["Nkosi", "Dlamini", "Botha", "Mokoena", "van Wyk", "Khumalo", "Naidoo"],
    ),
    (
        &["Hiwot", "Abebe", "Selam", "Dawit", "Tigist", "Yonas", "Meseret"],
        &["Tesfaye", "Bekele", "Haile", "Alemu", "Girma", "Desta", "Worku"],
    ),
    (
        &["Camila", "Thiago", "Luana", "Caio", "Iracema", "Otávio", "Jussara"],
        &["Souza", "Oliveira", "Barbosa", "Magalhães", "Ribeiro", "Assunção", "Nascimento"],
    ),
    (
        &["Valentina", "Mateo", "Ximena", "Joaquín", "Itzel", "Cuauhtémoc", "Rocío"],
        &["Hernández", "Ramírez", "Quispe", "Mamani", "Rojas", "Núñez", "Salazar"],
    ),
    (
        &["Harper", "Mason", "Brooklyn", "Tyler", "Savannah", "Marcus", "Latoya"],
        &["Johnson", "Washington", "Miller", "Jefferson", "Brooks", "Sullivan", "Carter"],
    ),
    (
        &["Élodie", "Gabriel", "Maude", "Nathan", "Nanuq", "Siku", "Océane"],
        &["Tremblay", "Gagnon", "Bouchard", "Côté", "Campbell", "MacLeod", "Okpik"],
    ),
    (
        &["Aroha", "Tane", "Mere", "Wiremu", "Moana", "Sione", "Leilani"],
        &["Ngata", "Parata", "Williams", "Tuilagi", "Fonoti", "Kahu", "Harawira"],
    ),
];

/// What queues are called before they are numbered.
pub(super) const QUEUES: &[&str] = &[
    "Billing",
    "Technical Support",
    "Orders",
    "Retention",
    "New Customers",
    "Returns",
    "Delivery",
    "Payments",
    "VIP Service",
    "Complaints",
    "Warranty",
    "Invoices",
    "Internet Faults",
    "Mobile",
    "Television",
    "Moving House",
    "Contract Renewal",
    "Password Reset",
    "Business Support",
    "Claims",
    "New Policies",
    "Travel Changes",
    "Lost Luggage",
    "Hotel Bookings",
    "Loyalty Programme",
    "Fraud Watch",
    "Cards",
    "Mortgages",
    "Savings",
    "Appointments",
    "Field Service",
    "Spare Parts",
    "Installation",
    "Upgrades",
    "Outage Hotline",
    "Meter Readings",
    "Tariffs",
    "Partner Desk",
    "Press and Public",
    "Spanish Line",
    "French Line",
    "German Line",
    "Night Desk",
    "Overflow",
];

/// What the parts of the house are called.
pub(super) const DEPARTMENTS: &[&str] = &[
    "Customer Care",
    "Technical Service",
    "Sales",
    "Billing and Payments",
    "Logistics",
    "Key Accounts",
    "Claims",
    "Back Office",
];

/// What teams are called before they are numbered.
pub(super) const TEAMS: &[&str] = &[
    "Aurora", "Beacon", "Cedar", "Delta", "Ember", "Falcon", "Granite", "Harbour", "Indigo", "Juniper",
    "Kestrel", "Lagoon", "Meridian", "Nimbus", "Orchid", "Pioneer", "Quartz", "River", "Summit", "Tundra",
    "Umbra", "Vista", "Willow", "Zephyr",
];

/// Titles, the most frequent first.
pub(super) const TITLES: &[&str] = &[
    "Customer Advisor",
    "Customer Advisor",
    "Customer Advisor",
    "Senior Advisor",
    "Senior Advisor",
    "Product Specialist",
    "Technical Specialist",
    "Team Lead",
];

/// Divisions; the first is everybody's home.
pub(super) const DIVISIONS: &[&str] = &["Home", "Europe", "Americas", "Asia Pacific"];

/// What agents are skilled in.
pub(super) const SKILLS: &[&str] = &[
    "Billing",
    "Cancellations",
    "Complaints",
    "Contracts",
    "Escalation",
    "Hardware",
    "Installation",
    "Network",
    "Onboarding",
    "Premium",
    "Returns",
    "Sales",
];

/// Where presences come from.
pub(super) const SOURCES: &[&str] = &["PURECLOUD", "Microsoft Teams"];

/// Groups that serve no queue.
pub(super) const GROUPS: &[&str] = &["First aiders", "Mentors", "Works council"];

/// The languages that are spoken with customers.
pub(super) const LANGUAGES: &[&str] = &["English", "Français", "Deutsch", "Español", "日本語"];

/// Given and family names, each pair once, neighbours in the list being from different countries.
pub(super) fn people() -> Vec<(&'static str, &'static str)> {
    let mut people = Vec::new();
    let rounds = PEOPLE.iter().map(|(given, family)| given.len() * family.len()).max().unwrap_or(0);
    for round in 0..rounds {
        for (given, family) in PEOPLE {
            let pairs = given.len() * family.len();
            if round >= pairs {
                continue;
            }
            // A stride that shares no divisor with the number of pairs meets each of them once, and
            // changes both names from one round to the next.
            let stride = (family.len() + 1..).find(|stride| gcd(*stride, pairs) == 1).unwrap_or(1);
            let pair = round * stride % pairs;
            people.push((given[pair / family.len()], family[pair % family.len()]));
        }
    }
    people
}

/// The name of the person of this number, and the address that belongs to it; both are nobody else's.
pub(super) fn name_and_address(people: &[(&'static str, &'static str)], n: usize) -> (String, String) {
    let (given, family) = people[n % people.len()];
    let round = n / people.len() + 1;
    let number = if round > 1 { format!(" {round}") } else { String::new() };
    let address = format!("{}.{}{}@rollcall.example", address_of(given), address_of(family), number.trim());
    (format!("{given} {family}{number}"), address)
}

/// The name as it can stand in an e-mail address.
fn address_of(name: &str) -> String {
    name.chars().filter_map(plain_letter).collect()
}

fn plain_letter(letter: char) -> Option<char> {
    let lower = letter.to_lowercase().next()?;
    Some(match lower {
        'a'..='z' | '0'..='9' => lower,
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' | 'ă' | 'ą' | 'ả' | 'ạ' | 'ặ' | 'ầ' | 'ā' => 'a',
        'ç' | 'č' | 'ć' => 'c',
        'đ' | 'ď' => 'd',
        'é' | 'è' | 'ê' | 'ë' | 'ě' | 'ę' | 'ễ' => 'e',
        'ğ' => 'g',
        'í' | 'ì' | 'î' | 'ï' | 'ı' => 'i',
        'ł' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'ő' | 'ø' | 'ọ' | 'ồ' | 'ơ' | 'ō' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ș' | 'ß' => 's',
        'ț' | 'ť' => 't',
        'ú' | 'ù' | 'û' | 'ü' | 'ű' | 'ů' | 'ư' | 'ứ' | 'ũ' => 'u',
        'ý' => 'y',
        'ž' | 'ź' | 'ż' => 'z',
        ' ' | '-' => '-',
        _ => return None,
    })
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn many_names_from_many_countries_all_different() {
        let given: BTreeSet<_> = PEOPLE.iter().flat_map(|(given, _)| given.iter()).collect();
        let family: BTreeSet<_> = PEOPLE.iter().flat_map(|(_, family)| family.iter()).collect();
        assert!(given.len() >= 150 && family.len() >= 150, "{} and {}", given.len(), family.len());
        let people = people();
        assert!(people.len() > 300);
        assert_eq!(people.iter().collect::<BTreeSet<_>>().len(), people.len());
    }

    #[test]
    fn every_letter_has_its_place_in_an_address() {
        for (given, family) in PEOPLE {
            for name in given.iter().chain(family.iter()) {
                let letters = name.chars().filter(|letter| letter.is_alphanumeric()).count();
                let kept = address_of(name).chars().filter(char::is_ascii_alphanumeric).count();
                assert_eq!(kept, letters, "{name} became {}", address_of(name));
            }
        }
    }
}
