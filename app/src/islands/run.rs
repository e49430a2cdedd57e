//! The live timeline of a run: it listens to the run's events, draws every new picture, and counts down to the next try.

use crate::components::timeline::{Feed, Viewer, timeline};
use leptos::prelude::*;
use steward_domain::run::RunView;

/// The body of a run's page.
#[island]
pub fn LiveRun(
    /// The run as the server saw it.
    run: RunView,
    /// What the person may do.
    viewer: Viewer,
) -> impl IntoView {
    let now = RwSignal::new(run.seen_at);
    let feed = RwSignal::new(Feed::Still);
    let said = RwSignal::new(String::new());
    let run = RwSignal::new(run);
    #[cfg(feature = "hydrate")]
    awake::listen(run, now, feed, said);
    view! {
        <p class="vh" role="status">{move || said.get()}</p>
        {move || run.with(|run| timeline(run, now.get(), feed.get(), viewer).into_any())}
    }
}

/// What only a browser does.
#[cfg(feature = "hydrate")]
mod awake {
    use super::Feed;
    use crate::components::timeline::announcement;
    use chrono::{DateTime, TimeDelta, Utc};
    use leptos::prelude::*;
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Duration;
    use steward_domain::run::{RunState, RunView};
    use wasm_bindgen::JsCast;
    use wasm_bindgen::prelude::Closure;
    use web_sys::{EventSource, MessageEvent};

    /// Opens the run's events and starts the clock.
    pub(super) fn listen(run: RwSignal<RunView>, now: RwSignal<DateTime<Utc>>, feed: RwSignal<Feed>, said: RwSignal<String>) {
        let seen = StoredValue::new((run.with_untracked(|run| run.seen_at), js_sys::Date::now()));
        if !run.with_untracked(RunView::is_over) {
            // After hydration: until then the browser must draw exactly what the server drew.
            Effect::new(move |_| {
                open(run, now, feed, said, seen);
                // The browser's clock may be wrong: only its differences count, from the moment of the last picture.
                let ticking = set_interval_with_handle(
                    move || {
                        let (at, then) = seen.get_value();
                        // Nothing counts on a page that hears of nothing any more.
                        let over = feed.get_untracked() == Feed::Over;
                        if !over && run.with_untracked(|run| run.state) == RunState::Running {
                            now.set(at + TimeDelta::milliseconds((js_sys::Date::now() - then) as i64));
                        }
                    },
                    Duration::from_secs(1),
                );
                if let Ok(ticking) = ticking {
                    on_cleanup(move || ticking.clear());
                }
            });
        }
    }

    /// Connects to the run's events while the page can be seen. A browser has six connections to a server for all its tabs: a
    /// timeline that nobody looks at must not hold one.
    fn open(
        run: RwSignal<RunView>,
        now: RwSignal<DateTime<Utc>>,
        feed: RwSignal<Feed>,
        said: RwSignal<String>,
        seen: StoredValue<(DateTime<Utc>, f64)>,
    ) {
        let url = run.with_untracked(|run| format!("/tenants/{}/runs/{}/events", run.tenant_id, run.number));
        let source: Rc<RefCell<Option<EventSource>>> = Rc::default();
        let closing = Rc::clone(&source);
        let close = move || {
            if let Some(source) = closing.take() {
                source.close();
            }
        };
        let over = move || {
            feed.set(Feed::Over);
            said.set("Live updates have ended. Load the page again.".to_owned());
        };
        let at_end = close.clone();
        let on_run = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let Some(text) = event.data().as_string() else { return };
            let Ok(picture) = serde_json::from_str::<RunView>(&text) else { return };
            let news = run.with_untracked(|before| announcement(before, &picture));
            if !news.is_empty() {
                said.set(news);
            }
            seen.set_value((picture.seen_at, js_sys::Date::now()));
            now.set(picture.seen_at);
            feed.set(Feed::Live);
            if picture.is_over() {
                at_end();
            }
            run.set(picture);
        });
        let on_open = Closure::<dyn FnMut()>::new(move || feed.set(Feed::Live));
        let failed = Rc::clone(&source);
        let on_error = Closure::<dyn FnMut()>::new(move || {
            // The browser tries again by itself, unless the server refused: signed out, or the role is gone.
            let refused = failed.borrow().as_ref().is_some_and(|source| source.ready_state() == EventSource::CLOSED);
            if refused { over() } else { feed.set(Feed::Lost) }
        });
        // The server ends the stream because the session or the right to see the run is gone. Trying again would not help.
        let ended = close.clone();
        let on_end = Closure::<dyn FnMut()>::new(move || {
            ended();
            over();
        });
        // They live as long as the page: the island is never taken down before it.
        let listeners = [
            ("run", on_run.into_js_value()),
            ("open", on_open.into_js_value()),
            ("error", on_error.into_js_value()),
            ("end", on_end.into_js_value()),
        ];
        let turn = move || {
            if document().hidden() {
                return close();
            }
            let wanted = feed.get_untracked() != Feed::Over && !run.with_untracked(RunView::is_over);
            if !wanted || source.borrow().is_some() {
                return;
            }
            // An error here leaves the page as the server rendered it.
            let Ok(opened) = EventSource::new(&url) else { return };
            for (name, listener) in &listeners {
                let _ = opened.add_event_listener_with_callback(name, listener.unchecked_ref());
            }
            source.replace(Some(opened));
        };
        turn();
        let on_turn = Closure::<dyn FnMut()>::new(turn).into_js_value();
        let _ = document().add_event_listener_with_callback("visibilitychange", on_turn.unchecked_ref());
    }
}
