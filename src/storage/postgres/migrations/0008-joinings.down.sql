drop function {schema}.join_worker_v3;
drop function {schema}.worker_id_v1;
