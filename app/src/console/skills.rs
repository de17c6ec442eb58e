//! The skills of an agent: on and off, how good, for good or for a while. No notification tells of skills: they are read when the
//! drawer opens and after each change, and what was read is what is shown.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlSelectElement};

use super::{
    desk::Desk,
    drawer::Opened,
    parts,
    skill::{Level, PROFICIENCY_MAX, Skill, SkillChange, To},
    writes::{Facet, Standing, Wish},
};
use crate::{
    format,
    view::{bind, part::fixed},
    words::{self, Say, fill_in, say},
};

/// For how many minutes a change can be made; 0 is for good.
const WHILES: [u32; 4] = [0, 30, 60, 240];

/// Between two looks whether what came due is restored.
const DUE_MS: i64 = 2_000;

/// What the rows share.
#[derive(Clone, Copy)]
struct Bench {
    desk: Desk,
    opened: Opened,
    minutes: RwSignal<u32>,
}

impl Bench {
    fn waits(self) -> bool {
        let user = self.opened.user.get_value();
        !self.desk.may_write.get() || self.desk.writes.with(|writes| writes.is_pending(&user))
    }

    fn change(self, skill: &Skill, to: To) {
        let minutes = self.minutes.get_untracked();
        let level = skill.level.with(to);
        let label = for_minutes(label(&skill.name, to), minutes);
        // What is for a while already is taken back by its restore alone.
        let before = skill.until.is_none().then(|| Standing {
            definition: skill.level.as_text(),
            label: self::label(&skill.name, to.back_to(&skill.level)),
            level: skill.level.clone(),
            ..Standing::default()
        });
        self.send(skill, &level, label, before, (Some(to), minutes));
    }

    fn restore(self, skill: &Skill) {
        if let Some(level) = &skill.restores {
            let label = fill_in(Say::SkillAsBefore, &[("skill", &skill.name)]);
            self.send(skill, level, label, None, (None, 0));
        }
    }

    fn send(
        self,
        skill: &Skill,
        level: &Level,
        label: String,
        before: Option<Standing>,
        (to, minutes): (Option<To>, u32),
    ) {
        if untrack(|| self.waits()) {
            return;
        }
        let change = SkillChange { skill: skill.id.clone(), to, minutes };
        let wish =
            Wish { facet: Facet::Skill(change), definition: level.as_text(), label, ..Wish::default() };
        let who = (self.opened.user.get_value(), self.opened.name.get_value());
        self.desk.change(who, wish, before, skill.etag.clone());
    }
}

/// A skill as it stands, in words.
#[must_use]
pub fn stands(skill: &Skill) -> String {
    let proficiency = skill.level.proficiency.filter(|_| skill.level.is_on());
    label(&skill.name, proficiency.map_or(To::Switch(skill.level.is_on()), To::Proficiency))
}

/// A skill as it is to be, in words.
#[must_use]
pub fn label(skill: &str, to: To) -> String {
    match to {
        To::Switch(true) => fill_in(Say::SkillOn, &[("skill", skill)]),
        To::Switch(false) => fill_in(Say::SkillOff, &[("skill", skill)]),
        To::Proficiency(proficiency) => {
            fill_in(Say::SkillAt, &[("skill", skill), ("n", &words::number(proficiency))])
        }
    }
}

/// The same for so many minutes; 0 is for good.
#[must_use]
pub fn for_minutes(change: String, minutes: u32) -> String {
    if minutes == 0 {
        return change;
    }
    let minutes = words::number(f64::from(minutes));
    fill_in(Say::SkillWhile, &[("change", &change), ("minutes", &minutes)])
}

#[component]
pub fn Skills() -> impl IntoView {
    let (desk, opened) = (bind::context::<Desk>(), bind::context::<Opened>());
    let bench = Bench { desk, opened, minutes: RwSignal::new(0) };
    desk.read_skills(&opened.user.get_value());
    bind::effect(move || {
        desk.beat.track();
        desk.retry_skills(&opened.user.get_value());
    });
    let all = Memo::new(move |_| {
        let user = opened.user.get_value();
        desk.skills.with(|skills| skills.get(&user).and_then(|held| held.all.clone()))
    });
    let fault = parts::fault(move || {
        let user = opened.user.get_value();
        let fault = desk.skills.with(|skills| Some(skills.get(&user)?.fault.as_ref()?.said()));
        fault.unwrap_or_default()
    });
    let none = bind::some_part(move || {
        let is_empty = all.with(|all| all.as_ref().is_some_and(Vec::is_empty));
        is_empty.then(|| view! { <p class="faint">{say(Say::NoSkills)}</p> })
    });
    let rows = move || {
        let row = |skill: Skill| {
            bind::Item::new(skill.id.clone(), move || {
                let id = skill.id;
                let skill = Memo::new(move |_| {
                    let skill = |all: &Vec<Skill>| all.iter().find(|skill| skill.id == id).cloned();
                    all.with(|all| all.as_ref().and_then(skill)).unwrap_or_default()
                });
                view! { <Row bench skill/> }
            })
        };
        all.get().unwrap_or_default().into_iter().map(row).collect()
    };
    let chooser = bind::some_part(move || {
        desk.may_write.get().then(|| {
            let options = bind::all(WHILES.map(|minutes| {
                let words = match minutes {
                    0 => say(Say::ForGood).to_owned(),
                    _ => fill_in(Say::ForMinutes, &[("minutes", &words::number(f64::from(minutes)))]),
                };
                view! { <option value=minutes.to_string()>{words}</option> }
            }));
            parts::choice("skill-while", say(Say::HowLong), options, move |minutes| {
                bench.minutes.set(minutes.parse().unwrap_or_default());
            })
        })
    });
    view! {
        <section class="drawer-part" data-part="skills">
            <div class="part-head">
                <h3>{say(Say::Skills)}</h3>
                {chooser}
            </div>
            {fault}
            {none}
            <ul class="skills">{bind::items(rows)}</ul>
        </section>
    }
}

#[component]
fn Row(bench: Bench, skill: Memo<Skill>) -> impl IntoView {
    let is_on = move || skill.with(|skill| skill.level.is_on());
    let (id, name) = skill.with_untracked(|skill| (skill.id.clone(), skill.name.clone()));
    view! {
        <li data-skill=id data-on=bind::truth(is_on)>
            <button
                class="switch"
                use:fixed="type=button role=switch"
                aria-checked=bind::truth(is_on)
                aria-disabled=bind::truth(move || bench.waits())
                aria-label=name.clone()
                on:click=move |_| skill.with_untracked(|skill| bench.change(skill, To::Switch(!skill.level.is_on())))
            ></button>
            <span dir="auto">{name.clone()}</span>
            <select
                class="console-select"
                data-tool="proficiency"
                aria-label=fill_in(Say::ProficiencyOf, &[("skill", &name)])
                prop:disabled=move || bench.waits()
                on:change=move |event| {
                    let Ok(proficiency) = event_target_value(&event).parse::<f64>() else { return };
                    let stands = skill.with_untracked(value);
                    // What stands is shown until the new one is read.
                    event_target::<HtmlSelectElement>(&event).set_value(&stands);
                    skill.with_untracked(|skill| bench.change(skill, To::Proficiency(proficiency)));
                }
                use:shows=skill
            >
                {ratings(skill)}
            </select>
            {for_a_while(bench, skill)}
        </li>
    }
}

/// A proficiency as its option has it.
fn value(skill: &Skill) -> String {
    skill.level.proficiency.unwrap_or_default().to_string()
}

/// Whole numbers, and what stands when it is none.
fn ratings(skill: Memo<Skill>) -> impl IntoView {
    let stands = Memo::new(move |_| skill.with(|skill| skill.level.proficiency.unwrap_or_default()));
    bind::part(move || {
        let stands = stands.get();
        let mut all: Vec<f64> = (0..=PROFICIENCY_MAX).map(f64::from).collect();
        if !all.contains(&stands) {
            all.push(stands);
            all.sort_by(f64::total_cmp);
        }
        bind::all(all.into_iter().map(|rating| {
            view! { <option value=rating.to_string() selected=rating == stands>{words::number(rating)}</option> }
        }))
    })
}

/// Keeps the chosen proficiency what it is, whatever was chosen meanwhile.
fn shows(element: Element, skill: Memo<Skill>) {
    let element: HtmlSelectElement = element.unchecked_into();
    bind::effect(move || {
        let value = skill.with(value);
        let element = element.clone();
        // Its options are there by then.
        request_animation_frame(move || element.set_value(&value));
    });
}

/// Until when it is as it is, what it is then, and a button that does not wait for it.
fn for_a_while(bench: Bench, skill: Memo<Skill>) -> impl IntoView {
    let desk = bench.desk;
    let end = Memo::new(move |_| skill.with(|skill| skill.until.zip(skill.restores.clone())));
    // What has come due is read until it is restored.
    bind::effect(move || {
        desk.beat.track();
        let is_due = end.with(|end| end.as_ref().is_some_and(|(until, _)| desk.now().ms_since(*until) >= 0));
        if is_due {
            desk.read_skills_again(&bench.opened.user.get_value(), DUE_MS);
        }
    });
    bind::some_part(move || {
        let (until, level) = end.get()?;
        let then = skill.with_untracked(|skill| {
            let to = if level.is_on() == skill.level.is_on() {
                To::Proficiency(level.proficiency.unwrap_or_default())
            } else {
                To::Switch(level.is_on())
            };
            label(&skill.name, to)
        });
        let time = words::clock_time(until, false, None);
        let words = fill_in(Say::SkillUntil, &[("time", &time), ("change", &then)]);
        let left = bind::text(move || {
            desk.beat.track();
            let seconds = (until.ms_since(desk.now()).max(0) + 999) / 1_000;
            fill_in(Say::UndoLeft, &[("time", &format::duration(seconds))])
        });
        Some(view! {
            <p class="skill-until">
                <span>{words}</span>
                <span class="note-left">{left}</span>
                <button
                    class="note-undo"
                    use:fixed="type=button"
                    data-tool="restore"
                    aria-disabled=bind::truth(move || bench.waits())
                    on:click=move |_| skill.with_untracked(|skill| bench.restore(skill))
                >
                    {say(Say::PutBackNow)}
                </button>
            </p>
        })
    })
}
