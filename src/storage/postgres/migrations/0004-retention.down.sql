drop function {schema}.remove_old_v1;
