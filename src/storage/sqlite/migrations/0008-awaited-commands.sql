-- Whether its sender still waits for the outcome, and so would learn of a refusal. Those of before were told to wait.
alter table commands add column awaited integer not null default 0;
