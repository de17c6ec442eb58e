use proptest::prelude::*;
use protocol::Timestamp;

use super::*;
use crate::audit::{Action, Actor, Kind, Record};

fn key() -> SealKey {
    SealKey::new(&[7; 32])
}

fn record(n: i64) -> String {
    let actor = Actor { kind: "machine".to_owned(), name: "m".to_owned() };
    let (id, at) = (format!("write {n}"), Timestamp::from_ms(n));
    let record = Record::new(id, Kind::Refused, at, actor, "u".into(), Action::Presence);
    serde_json::to_string(&record).unwrap()
}

fn log(records: i64) -> (Vec<Kept>, Head) {
    let (mut kept, mut head) = (Vec::new(), Head::START);
    for n in 1..=records {
        let (text, next) = head.append(&key(), &record(n));
        head = next;
        kept.push(Kept { seq: head.seq, text, seal: head.seal.to_vec() });
    }
    (kept, head)
}

fn verify(kept: &[Kept], key: &SealKey, head: Head) -> Result<Head, Broken> {
    let mut verifier = Verifier::new(key, None, None)?;
    kept.iter().try_for_each(|kept| verifier.next(kept))?;
    verifier.ends(head)
}

#[test]
fn a_log_as_it_was_written_is_whole() {
    let (kept, head) = log(5);
    assert_eq!(verify(&kept, &key(), head), Ok(head));
    assert_eq!(verify(&[], &key(), Head::START), Ok(Head::START));
}

#[test]
fn a_seal_is_what_the_documentation_says() {
    use ::hmac::{Hmac, Mac};
    let (kept, _) = log(2);
    assert!(kept[0].text.starts_with(r#"{"seq":1,"id":"write 1","#), "{}", kept[0].text);
    let mut before = FIRST.to_vec();
    for kept in kept {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&[7; 32]).unwrap();
        mac.update(&before);
        mac.update(kept.text.as_bytes());
        before = mac.finalize().into_bytes().to_vec();
        assert_eq!(kept.seal, before, "record {}", kept.seq);
    }
}

#[test]
fn another_key_fits_no_record() {
    let (kept, head) = log(5);
    assert_eq!(verify(&kept, &SealKey::new(&[8; 32]), head), Err(Broken::Altered(1)));
}

#[test]
fn what_is_cut_off_shows_by_the_head() {
    let (kept, head) = log(5);
    assert_eq!(verify(&kept[..3], &key(), head), Err(Broken::Truncated(3, 5)));
    assert_eq!(verify(&[], &key(), head), Err(Broken::Truncated(0, 5)));
}

#[test]
fn whoever_writes_the_end_anew_without_the_key_is_found() {
    let (mut kept, head) = log(5);
    let (text, forged) = Head { seq: 4, seal: kept[3].seal.clone().try_into().unwrap() }
        .append(&SealKey::new(&[9; 32]), &record(50));
    kept[4] = Kept { seq: 5, text, seal: forged.seal.to_vec() };
    assert_eq!(verify(&kept, &key(), forged), Err(Broken::Altered(5)));
    assert_eq!(verify(&kept, &key(), head), Err(Broken::Altered(5)));
}

proptest! {
    /// Whichever record is altered, it is the one that is named.
    #[test]
    fn the_first_altered_record_is_named(at in 0_usize..20, byte in any::<prop::sample::Index>(), flip in 1_u8..128) {
        let (mut kept, head) = log(20);
        let mut bytes = kept[at].text.clone().into_bytes();
        let byte = byte.index(bytes.len());
        bytes[byte] ^= flip;
        prop_assume!(String::from_utf8(bytes.clone()).is_ok());
        kept[at].text = String::from_utf8(bytes).unwrap();
        let seq = at as u64 + 1;
        let found = verify(&kept, &key(), head);
        prop_assert!(matches!(found, Err(Broken::Altered(n) | Broken::OutOfOrder(_, n)) if n == seq), "{found:?}");
    }

    /// Whichever is taken out is missed, also when the others are given its number.
    #[test]
    fn a_deleted_record_is_missed(at in 0_usize..19, renumbered in any::<bool>()) {
        let (mut kept, head) = log(20);
        kept.remove(at);
        let seq = at as u64 + 1;
        if renumbered {
            for kept in &mut kept[at..] {
                kept.text = kept.text.replace(&format!("\"seq\":{}", kept.seq), &format!("\"seq\":{}", kept.seq - 1));
                kept.seq -= 1;
            }
            prop_assert_eq!(verify(&kept, &key(), head), Err(Broken::Altered(seq)));
        } else {
            prop_assert_eq!(verify(&kept, &key(), head), Err(Broken::Missing(seq, seq + 1)));
        }
    }

    /// Two that changed places are named, with and without their numbers.
    #[test]
    fn reordered_records_are_named(at in 0_usize..19, numbers_stay in any::<bool>()) {
        let (mut kept, head) = log(20);
        kept.swap(at, at + 1);
        let seq = at as u64 + 1;
        if numbers_stay {
            kept[at].seq = seq;
            kept[at + 1].seq = seq + 1;
            prop_assert_eq!(verify(&kept, &key(), head), Err(Broken::OutOfOrder(seq + 1, seq)));
        } else {
            prop_assert_eq!(verify(&kept, &key(), head), Err(Broken::Missing(seq, seq + 1)));
        }
    }
}
