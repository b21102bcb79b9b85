-- Whoever leaves waits for its own voiding of others, which keeps its row: a stop must not take as long as a statement
-- may. What a lost worker has locked is free again when its transaction has been idle for as long; then it is tried anew.
alter function {schema}.void_lost_v1 set lock_timeout = '5s';
