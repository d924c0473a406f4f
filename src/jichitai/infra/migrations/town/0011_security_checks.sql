-- 情報セキュリティ: checks
select 1;
