drop trigger workers_while_filling on {schema}.workers;
drop function {schema}.refuse_while_filling_v1();
drop table {schema}.identity;
