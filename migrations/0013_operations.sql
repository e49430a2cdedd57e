-- What each process measures of the calls that it makes to the outside systems, so that one page can show what all of them see.
create table gate_report (
    process uuid not null,
    process_name text not null,
    started_at timestamptz not null,
    system text not null,
    name text not null,
    report jsonb not null,
    reported_at timestamptz not null default now(),
    primary key (process, system, name)
);

comment on table gate_report is 'One row per process and client, written every few seconds. A process that is gone writes no more: its rows do not count, and go.';
comment on column gate_report.process is 'Drawn by chance when the process began: names need not be unique.';
comment on column gate_report.name is 'Which of the system''s clients: there may be several of one system.';
comment on column gate_report.report is 'What it measured (core::platform::GateReport). Times in it are reckoned from reported_at: clocks of processes differ.';

create index gate_report_oldest on gate_report (reported_at);

grant select on gate_report to steward_staff;
grant select, insert, update, delete on gate_report to steward_worker;

-- How the work of each system stands is asked of the steps that are not done; those are few among all that ever were.
create index run_step_open on run_step (system, state) where state in ('ready', 'running', 'retrying', 'waiting');
