-- 情報セキュリティ: notices
select 1;
