-- How far a replay that is under way has come, as JSON; null while none is.
alter table subscribers add column replay_json text;
