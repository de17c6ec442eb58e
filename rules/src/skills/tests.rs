use super::*;

fn held(id: &str, proficiency: f64, state: &str) -> UserSkill {
    UserSkill {
        id: id.into(),
        proficiency: Some(proficiency),
        state: Some(state.to_owned()),
        ..UserSkill::default()
    }
}

fn one(skill: &str, proficiency: Option<f64>, state: Option<State>) -> One {
    One { skill: skill.into(), proficiency, state, only_from: Vec::new() }
}

fn level(proficiency: f64, state: &str) -> Level {
    Level { proficiency: Some(proficiency), state: state.to_owned() }
}

#[test]
fn what_is_left_out_stays_as_it_is() {
    let held = [held("a", 3.0, "active"), held("b", 1.0, "inactive")];
    let check = |change: One| check_one(&change, true, &held).unwrap();
    assert_eq!(check(one("a", None, Some(State::Inactive))), Decision::Set(level(3.0, "inactive")));
    assert_eq!(check(one("b", Some(4.5), None)), Decision::Set(level(4.5, "inactive")));
    assert_eq!(check(one("a", Some(3.0), Some(State::Active))), Decision::Already);
    assert_eq!(check(one("a", None, None)), Decision::Already);
    assert_eq!(check(one("a", None, Some(State::Deleted))), Decision::Set(level(3.0, "deleted")));
    assert_eq!(check(one("c", None, Some(State::Deleted))), Decision::Already);
}

#[test]
fn what_somebody_else_changed_since_is_left_alone() {
    let held = [held("a", 3.0, "inactive")];
    let back = |from: Level| One { only_from: vec![from], ..one("a", Some(3.0), Some(State::Active)) };
    let check = |change: &One| check_one(change, true, &held).unwrap();
    assert_eq!(check(&back(level(3.0, "inactive"))), Decision::Set(level(3.0, "active")));
    assert_eq!(check(&back(level(2.0, "inactive"))), Decision::Superseded);
    let restored = One { state: Some(State::Inactive), ..back(level(1.0, "active")) };
    assert_eq!(check(&restored), Decision::Already, "somebody put it back already");
    let gone = One { skill: "b".into(), ..back(level(3.0, "inactive")) };
    assert_eq!(check(&gone), Decision::Superseded);
}

#[test]
fn only_a_skill_that_the_agent_has_is_changed_and_only_as_it_can_be() {
    let held = [UserSkill { name: Some("Welsh".to_owned()), ..held("a", 3.0, "active") }];
    let refusal = check_one(&one("b", Some(1.0), None), true, &held).unwrap_err();
    assert_eq!((refusal.code, refusal.accepted), (Code::SkillNotHeld, vec!["a (Welsh)".to_owned()]));
    for proficiency in [-0.1, 5.1, f64::NAN, f64::INFINITY] {
        let refusal = check_one(&one("a", Some(proficiency), None), true, &held).unwrap_err();
        assert_eq!(refusal.code, Code::SkillProficiency, "{proficiency}");
    }
    for proficiency in [0.0, 2.5, 5.0] {
        assert!(check_one(&one("a", Some(proficiency), None), true, &held).is_ok());
    }
    assert_eq!(check_one(&one("a", None, None), false, &held).unwrap_err().code, Code::UserInactive);
    let refusal = State::parse("asleep").unwrap_err();
    assert_eq!((refusal.code, refusal.accepted.len()), (Code::SkillState, 3));
    assert_eq!(State::parse("inactive"), Ok(State::Inactive));
}

fn many(wanted: &[(&str, f64)], replaces: bool) -> Many {
    Many {
        wanted: wanted.iter().map(|(skill, proficiency)| ((*skill).into(), *proficiency)).collect(),
        replaces,
    }
}

#[test]
fn many_are_so_already_when_each_is_and_nothing_is_left_over() {
    let held = [held("a", 3.0, "active"), held("b", 1.0, "inactive")];
    let check = |change: &Many| check_many(change, true, &held, &["c".into()]).unwrap();
    assert!(check(&many(&[("a", 3.0)], false)));
    assert!(!check(&many(&[("a", 3.0)], true)), "b is to go");
    assert!(check(&many(&[("b", 1.0), ("a", 3.0)], true)));
    assert!(!check(&many(&[("a", 2.0)], false)));
    assert!(!check(&many(&[("a", 3.0), ("c", 1.0)], false)));
    assert!(!check(&many(&[], true)));
    assert!(check(&many(&[], false)));
}

#[test]
fn many_are_refused_as_a_whole() {
    let held = [held("a", 3.0, "active")];
    let refused = |change: &Many| check_many(change, true, &held, &[]).unwrap_err();
    let refusal = refused(&many(&[("a", 1.0), ("x", 1.0), ("y", 1.0)], false));
    assert_eq!(refusal.code, Code::SkillUnknown);
    assert!(refusal.words.contains("x, y"), "{refusal}");
    assert_eq!(refused(&many(&[("a", 1.0), ("a", 2.0)], false)).code, Code::SkillTwice);
    assert_eq!(refused(&many(&[("a", 6.0)], false)).code, Code::SkillProficiency);
    let names: Vec<String> = (0..=BULK_MAX).map(|n| n.to_string()).collect();
    let too_many: Vec<(&str, f64)> = names.iter().map(|name| (name.as_str(), 1.0)).collect();
    assert_eq!(refused(&many(&too_many, true)).code, Code::TooManySkills);
    assert_eq!(check_many(&many(&[], true), false, &held, &[]).unwrap_err().code, Code::UserInactive);
}
