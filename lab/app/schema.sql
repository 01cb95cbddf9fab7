-- Schema of the sample service. Run by a superuser on its database; it can be run again.
-- Roles are made without a password when they are missing: who runs this sets one.

do $$
begin
  if not exists (select from pg_roles where rolname = 'svg_ai_app') then
    create role svg_ai_app login;
  end if;
  if not exists (select from pg_roles where rolname = 'continuity') then
    create role continuity login;
  end if;
end
$$;

-- Acknowledged orders. A row here was promised to a client: it is never changed and never removed, so that rows that are
-- missing after a failover are exactly the data that was lost.
create table if not exists conversions (
  id uuid primary key,
  client text not null,
  created_at timestamptz not null default now(),
  seq bigserial not null
);
create index if not exists conversions_seq on conversions (seq);

create or replace function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'table % is append-only: % is refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end
$$;

create or replace trigger conversions_append_only
  before update or delete on conversions
  for each row execute function refuse_change();
create or replace trigger conversions_no_truncate
  before truncate on conversions
  for each statement execute function refuse_change();

-- One row per writer: the pipeline writes it to prove that the database takes writes, and reads its age on the replica.
create table if not exists continuity_heartbeat (
  id int primary key,
  at timestamptz not null,
  epoch bigint not null
);
alter table continuity_heartbeat owner to continuity;

grant usage on schema public to svg_ai_app, continuity;
grant select, insert on conversions to svg_ai_app;
grant usage, select on sequence conversions_seq_seq to svg_ai_app;
grant select on continuity_heartbeat to svg_ai_app;
grant select on conversions to continuity;
grant pg_monitor to continuity;
