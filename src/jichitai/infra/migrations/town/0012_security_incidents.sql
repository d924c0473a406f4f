-- 情報セキュリティ: incidents
select 1;
