drop function {schema}.join_worker_v2;
