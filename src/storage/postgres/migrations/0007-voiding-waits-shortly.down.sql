alter function {schema}.void_lost_v1 reset lock_timeout;
