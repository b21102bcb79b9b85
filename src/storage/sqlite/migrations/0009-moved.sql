-- Where this storage was copied to, to be worked on there; one row at most. From then on no engine works on it here.
create table moved (
  to_location text not null,
  at real not null
) strict;
