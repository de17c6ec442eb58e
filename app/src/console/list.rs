//! The list of agents: what narrows it, and how many there are of each state.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use leptos::prelude::*;
use protocol::{QueueId, Timestamp, UserId};

use super::{
    desk::Desk,
    members, parts,
    roster::{Filter, Found, Sort},
    rows::Rows,
    shell::name_of,
};
use crate::{
    format, net,
    store::{AgentFace, AgentPlace, QueuePlace, Signals},
    view::{bind, part::fixed},
    words::{self, Say, Word, fill_in, say},
};

/// Everybody, and whom the list shows of them.
#[derive(Clone, Copy)]
pub struct Roster {
    agents: StoredValue<ArcRwSignal<Vec<Arc<AgentPlace>>>>,
    queues: StoredValue<ArcRwSignal<Vec<Arc<QueuePlace>>>>,
    /// What is looked for.
    pub filter: RwSignal<Filter>,
    /// What was found.
    pub found: RwSignal<Found>,
    /// Those who are shown, in order.
    pub shown: RwSignal<Vec<Arc<AgentPlace>>>,
    count: RwSignal<usize>,
    /// The queue whose members are shown.
    queue: RwSignal<Option<QueueId>>,
    /// Why its members are not known.
    no_members: RwSignal<String>,
    looked_at: StoredValue<Timestamp>,
}

impl Roster {
    /// Of what the link brings.
    #[must_use]
    pub fn new(signals: &Signals) -> Self {
        let roster = Self {
            agents: StoredValue::new(signals.agents.clone()),
            queues: StoredValue::new(signals.queues.clone()),
            filter: RwSignal::default(),
            found: RwSignal::default(),
            shown: RwSignal::default(),
            count: RwSignal::default(),
            queue: RwSignal::default(),
            no_members: RwSignal::default(),
            looked_at: StoredValue::default(),
        };
        let agents = signals.agents.clone();
        bind::effect(move || {
            agents.track();
            roster.filter.track();
            roster.look(Timestamp::default());
        });
        roster
    }

    /// How many agents there are.
    #[must_use]
    pub fn len(self) -> usize {
        self.count.get()
    }

    /// All queues by name.
    #[must_use]
    pub fn queues(self) -> ArcRwSignal<Vec<Arc<QueuePlace>>> {
        self.queues.get_value()
    }

    /// One agent's card.
    #[must_use]
    pub fn place(self, id: &UserId) -> Option<Arc<AgentPlace>> {
        self.agents.get_value().with_untracked(|all| all.iter().find(|place| place.id == *id).cloned())
    }

    /// Everybody, by name.
    #[must_use]
    pub fn everybody(self) -> Vec<Arc<AgentPlace>> {
        self.agents.get_value().get_untracked()
    }

    /// Ids and names of everybody, by name; whoever comes later is told of by the signal that this reads.
    fn named(self) -> Vec<(String, String)> {
        let named = |place: Arc<AgentPlace>| {
            (place.id.to_string(), place.face.with_untracked(|face| face.name.to_string()))
        };
        self.agents.get_value().get().into_iter().map(named).collect()
    }

    /// The names of agents by their id.
    #[must_use]
    pub fn names(self) -> HashMap<String, String> {
        self.named().into_iter().collect()
    }

    /// Everybody, as the options of a choice.
    #[must_use]
    pub fn options(self) -> AnyView {
        let options = move || {
            let option = |(id, name): (String, String)| {
                bind::Item::new(id.clone(), move || view! { <option value=id>{name}</option> })
            };
            self.named().into_iter().map(option).collect()
        };
        bind::items(options)
    }

    /// Looks through the list; what time it is for the proxy, if that is known.
    pub fn look(self, now: Timestamp) {
        if now != Timestamp::default() {
            self.looked_at.set_value(now);
        }
        let places = self.everybody();
        let faces: Vec<(UserId, AgentFace)> =
            places.iter().map(|place| (place.id.clone(), place.face.get_untracked())).collect();
        let filter = self.filter.get_untracked();
        let found = filter.look(&faces, self.looked_at.get_value(), name_of, format::lower);
        let shown: Vec<Arc<AgentPlace>> = found.shown.iter().map(|at| places[*at].clone()).collect();
        let is_same = self.shown.with_untracked(|before| {
            before.len() == shown.len() && before.iter().zip(&shown).all(|(a, b)| Arc::ptr_eq(a, b))
        });
        if !is_same {
            self.shown.set(shown);
        }
        if self.found.with_untracked(|before| *before != found) {
            self.found.set(found);
        }
        if self.count.get_untracked() != places.len() {
            self.count.set(places.len());
        }
    }

    /// Only members of a queue, or everybody again.
    fn of_queue(self, queue: Option<QueueId>) {
        self.no_members.set(String::new());
        self.queue.set(queue.clone());
        let Some(queue) = queue else {
            self.filter.update(|filter| filter.members = None);
            return;
        };
        net::spawn(async move {
            let answer = members::of_queue(&queue).await;
            // Meanwhile another one may have been chosen.
            if self.queue.get_untracked().as_ref() != Some(&queue) {
                return;
            }
            let members = answer.unwrap_or_else(|no| {
                self.no_members.set(no.said());
                BTreeSet::new()
            });
            self.filter.update(|filter| filter.members = Some(members));
        });
    }
}

#[component]
pub fn Agents() -> impl IntoView {
    let roster = bind::context::<Roster>();
    let count = bind::text(move || {
        let shown = roster.shown.with(Vec::len);
        words::counted(words::Counted::Agents, shown)
    });
    let no_members = parts::fault(move || roster.no_members.get());
    view! {
        <main class="console-main" id="agents">
            <div class="console-tools">
                <h1>{words::text(Word::Agents)}</h1>
                <span class="console-count" use:fixed="role=status">{count}</span>
                <Search/>
                <Queue/>
                <Order/>
            </div>
            <Chips/>
            {no_members}
            <Rows/>
        </main>
    }
}

#[component]
fn Search() -> impl IntoView {
    let roster = bind::context::<Roster>();
    view! {
        <input
            class="console-search"
            use:fixed="type=search autocomplete=off spellcheck=false"
            data-tool="search"
            aria-label=words::text(Word::SearchAgents)
            placeholder=words::text(Word::SearchAgents)
            on:input=move |event| {
                let text = event_target_value(&event);
                roster.filter.update(|filter| filter.words = Filter::words_of(&text, format::lower));
            }
        />
    }
}

#[component]
fn Queue() -> impl IntoView {
    let roster = bind::context::<Roster>();
    let queues = roster.queues();
    let options = bind::part(move || {
        bind::all(queues.get().into_iter().map(|place| {
            let (id, name) = (place.id.to_string(), place.face.with_untracked(|face| face.name.to_string()));
            view! { <option value=id>{name}</option> }
        }))
    });
    let options = view! {
        <option value="">{words::text(Word::AllQueues)}</option>
        {options}
    };
    parts::choice("queue", words::text(Word::Queue), options, move |id| {
        roster.of_queue((!id.is_empty()).then(|| QueueId::new(&id)));
    })
}

#[component]
fn Order() -> impl IntoView {
    let roster = bind::context::<Roster>();
    let all = [(Sort::Name, Word::ByName), (Sort::State, Word::ByState), (Sort::Time, Word::ByTime)];
    let options = all.map(|(_, word)| view! { <option value=word.key()>{words::text(word)}</option> });
    let options = options.into_iter().collect::<Vec<_>>();
    parts::choice("sort", words::text(Word::SortBy), options, move |key| {
        let sort = all.iter().find(|(_, word)| word.key() == key).map_or(Sort::Name, |(sort, _)| *sort);
        roster.filter.update(|filter| filter.sort = sort);
    })
}

/// A chip for each state that somebody is in, which narrows the list to it.
#[component]
fn Chips() -> impl IntoView {
    let roster = bind::context::<Roster>();
    let all = bind::text(move || words::number(roster.len() as f64));
    let none = move || roster.filter.with(|filter| filter.state.is_none() && !filter.long);
    let states = move || {
        let counts = roster.found.with(|found| found.states.clone());
        counts.into_iter().map(|count| (count.state, count.label)).collect::<Vec<_>>()
    };
    // The chips stay while only their numbers change: a finger is on its way to one.
    let states = Memo::new(move |_| states());
    let chips = move || {
        let chip = |(state, label): (String, String)| {
            let (of, counted, pressed) = (state.clone(), state.clone(), state.clone());
            let count = bind::text(move || {
                roster.found.with(|found| {
                    let count = found.states.iter().find(|count| count.state == counted);
                    words::number(count.map_or(0, |count| count.count) as f64)
                })
            });
            let is_pressed =
                bind::truth(move || roster.filter.with(|filter| filter.state.as_ref() == Some(&pressed)));
            bind::Item::new(format!("{state} {label}"), move || {
                view! {
                    <li>
                        <button
                            class="chip"
                            use:fixed="type=button"
                            data-state=state
                            aria-pressed=is_pressed
                            on:click=move |_| roster.filter.update(|filter| {
                                let again = filter.state.as_ref() == Some(&of);
                                filter.state = (!again).then(|| of.clone());
                            })
                        >
                            <i class="glyph" aria-hidden="true"></i>
                            {label}
                            <b>{count}</b>
                        </button>
                    </li>
                }
            })
        };
        states.get().into_iter().map(chip).collect()
    };
    let long = bind::text(move || words::number(roster.found.with(|found| found.long) as f64));
    view! {
        <ul class="chips" aria-label=words::text(Word::AgentsByState)>
            <li>
                <button
                    class="chip"
                    use:fixed="type=button"
                    data-chip="all"
                    aria-pressed=bind::truth(none)
                    on:click=move |_| roster.filter.update(|filter| (filter.state, filter.long) = (None, false))
                >
                    {say(Say::Everybody)}
                    <b>{all}</b>
                </button>
            </li>
            {bind::items(chips)}
            <li>
                <button
                    class="chip"
                    use:fixed="type=button"
                    data-chip="long"
                    aria-pressed=bind::truth(move || roster.filter.with(|filter| filter.long))
                    on:click=move |_| roster.filter.update(|filter| filter.long = !filter.long)
                >
                    {fill_in(Say::LongInState, &[("minutes", "15")])}
                    <b>{long}</b>
                </button>
            </li>
        </ul>
    }
}

/// What is under way with an agent, or how the last change of the last minute ended.
#[must_use]
pub fn mark(desk: Desk, user: &UserId) -> Option<(&'static str, String)> {
    /// So long the end of a change stands in the list.
    const SHOWN_MS: i64 = 20_000;
    desk.beat.track();
    desk.writes.with(|writes| {
        let write = writes.of(user)?;
        match (&write.end, write.ended_at) {
            (None, _) => Some(("pending", write.wish.label.clone())),
            (Some(end), Some(at)) if desk.now().ms_since(at) < SHOWN_MS => {
                Some((end.as_data(), write.wish.label.clone()))
            }
            (Some(_), _) => None,
        }
    })
}
